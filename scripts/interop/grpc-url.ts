/** Where an origin listens for gRPC, by the line in which it says so. */
export function grpcUrlOf(lines: readonly string[]): string {
  for (const line of lines) {
    if (!line.includes('"listening"')) continue;
    const { event, grpc } = JSON.parse(line) as { event?: unknown; grpc?: unknown };
    if (event === 'listening' && typeof grpc === 'string') return grpc;
  }
  throw new Error('the origin did not say where it listens for gRPC');
}
