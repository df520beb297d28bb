/**
 * OpenTelemetry, loaded when it is asked for: it costs tens of milliseconds and some megabytes. The packages are named
 * here, in `import()`, and nowhere else: a bundler draws a static import of a package to the start of the program, even
 * out of a file that is itself imported late.
 */
export async function loadOpenTelemetry() {
  const [api, exporter, resources, sdk] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace-base'),
  ]);
  return { api, exporter, resources, sdk };
}

export type OpenTelemetry = Awaited<ReturnType<typeof loadOpenTelemetry>>;
