/* global uPlot, document, window, getComputedStyle, matchMedia */
// Draws the time of an item by the rows of its batch. Plain JavaScript: it goes into the page as it is, behind uPlot's own.
(() => {
  const { measurements } = JSON.parse(document.getElementById('report').textContent);
  const origin = measurements.value?.origin ?? {};
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const shown = (figure) => (figure === null || figure === undefined ? '–' : `${Number(figure.toPrecision(3))} ms`);
  const height = 230;

  const plot = (place, { batches, profile }) => {
    const rows = batches.map((batch) => batch.rows);
    const data = [rows, batches.map((batch) => batch.itemMs)];
    if (profile !== null) data.push(rows.map((n) => (profile.aMs * n + profile.bMs) / n));
    const most = Math.max(...data.slice(1).flat());
    const options = (width) => {
      const line = { stroke: colour('--line'), width: 1 };
      const axis = { stroke: colour('--quiet'), grid: line, ticks: line, labelSize: 22, labelFont: '12px system-ui' };
      const last = rows.at(-1) ?? 1;
      return {
        width,
        height,
        legend: { live: false },
        scales: { x: { time: false, range: [0, last * 1.08] }, y: { range: [0, most * 1.15 || 1] } },
        axes: [
          { ...axis, label: 'rows of a batch', size: 34, splits: () => rows, values: (_, at) => at.map(String) },
          { ...axis, label: 'ms for an item', size: 48 },
        ],
        series: [
          { label: 'rows' },
          {
            label: 'measured',
            stroke: colour('--closed'),
            paths: () => null,
            points: { show: true, size: 8, fill: colour('--closed') },
            value: (_, figure) => shown(figure),
          },
          ...(profile === null
            ? []
            : [
                {
                  label: 'fitted, (a·n + b) ÷ n',
                  stroke: colour('--open'),
                  width: 2,
                  dash: [6, 5],
                  points: { show: false },
                  value: (_, figure) => shown(figure),
                },
              ]),
        ],
      };
    };
    const width = () => Math.max(220, place.clientWidth);
    let chart;
    const draw = () => {
      chart?.destroy();
      chart = new uPlot(options(width()), data, place);
    };
    draw();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
    window.addEventListener('resize', () => chart.setSize({ width: width(), height }));
  };

  for (const place of document.querySelectorAll('.plot')) {
    const figures = Object.hasOwn(origin, place.dataset.graph) ? origin[place.dataset.graph] : undefined;
    if (figures !== undefined && figures.batches.length > 0) plot(place, figures);
  }
})();
