/* global uPlot, document, window, getComputedStyle, matchMedia */
// Draws the latency–throughput curve. Plain JavaScript: it goes into the page as it is, behind uPlot's own.
(() => {
  const report = JSON.parse(document.getElementById('report').textContent);
  const place = document.getElementById('chart');
  const height = 380;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const shown = (figure) => (figure === null || figure === undefined ? '–' : String(Number(figure.toPrecision(3))));

  // A run that does not count is in the table only.
  const points = report.steps
    .filter(({ result }) => result.valid && result.latency.p99Ms !== null)
    .map(({ shape, result }) => ({
      kind: shape.kind,
      x: result.ratePerS,
      p50: result.latency.p50Ms,
      p99: result.latency.p99Ms,
    }));
  if (points.length === 0) {
    place.textContent = 'No run that counts.';
    return;
  }

  const lines = [
    { label: 'closed loop p99', kind: 'closed', figure: 'p99', name: '--closed', dash: [] },
    { label: 'closed loop p50', kind: 'closed', figure: 'p50', name: '--closed', dash: [6, 5] },
    { label: 'open loop p99', kind: 'open', figure: 'p99', name: '--open', dash: [] },
    { label: 'open loop p50', kind: 'open', figure: 'p50', name: '--open', dash: [6, 5] },
  ].filter(({ kind }) => points.some((point) => point.kind === kind));

  const byRate = [...points].sort((a, b) => a.x - b.x);
  const data = [
    byRate.map(({ x }) => x),
    ...lines.map(({ kind, figure }) => byRate.map((point) => (point.kind === kind ? point[figure] : null))),
  ];
  const latencies = points.flatMap(({ p50, p99 }) => [p50, p99]);
  const logarithmic = Math.max(...latencies) > 30 * Math.min(...latencies);
  const mostX = Math.max(...points.map(({ x }) => x));

  // Past saturation more connections bring less: a closed loop's line goes by connections, not by rate.
  const drawLines = (chart) => {
    const { ctx } = chart;
    ctx.save();
    for (const { kind, figure, name, dash } of lines) {
      const along = (kind === 'closed' ? points : byRate).filter((point) => point.kind === kind);
      ctx.beginPath();
      for (const point of along) {
        ctx.lineTo(chart.valToPos(point.x, 'x', true), chart.valToPos(point[figure], 'y', true));
      }
      ctx.strokeStyle = colour(name);
      ctx.lineWidth = 2 * window.devicePixelRatio;
      ctx.setLineDash(dash.map((length) => length * window.devicePixelRatio));
      ctx.stroke();
    }
    ctx.restore();
  };

  const options = (width) => {
    const line = { stroke: colour('--line'), width: 1 };
    const axis = { stroke: colour('--quiet'), grid: line, ticks: line, labelSize: 28 };
    return {
      width,
      height,
      scales: {
        x: { time: false, range: [0, mostX * 1.08 || 1] },
        y: logarithmic ? { distr: 3 } : { range: (_, least, most) => [0, most * 1.1 || 1] },
      },
      axes: [
        { ...axis, label: 'good answers a second' },
        { ...axis, label: logarithmic ? 'latency, ms (logarithmic)' : 'latency, ms', size: 64 },
      ],
      series: [
        { label: 'rate', value: (_, figure) => `${shown(figure)}/s` },
        ...lines.map(({ label, name }) => ({
          label,
          stroke: colour(name),
          paths: () => null,
          points: { show: true, size: 7, fill: colour(name) },
          value: (_, figure) => `${shown(figure)} ms`,
        })),
      ],
      hooks: { drawSeries: [(chart, at) => at === 1 && drawLines(chart)] },
    };
  };

  const width = () => Math.max(280, place.clientWidth - 24);
  let chart;
  const draw = () => {
    chart?.destroy();
    chart = new uPlot(options(width()), data, place);
  };
  draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  window.addEventListener('resize', () => chart.setSize({ width: width(), height }));
})();
