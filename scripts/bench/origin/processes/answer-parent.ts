import type { ChildReply } from './bench-child.js';

/** The child's end: says that it is ready, then answers each request. */
export function answerParent(answer: (request: unknown) => Promise<unknown>): void {
  const send = (reply: ChildReply): void => {
    process.send?.(reply);
  };
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    const { id, request } = message as { id: number; request: unknown };
    answer(request).then(
      (result) => send({ id, result }),
      (error: unknown) => send({ id, error: error instanceof Error ? error.message : String(error) }),
    );
  });
  send({ id: 0, result: undefined });
}
