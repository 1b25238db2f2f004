// The last minutes as lines: the scheduler's queues, and how long API servers and etcd took. Drawn by Chart.js.
import { byId, clock, el, isDark, styleOf } from './dom.js';

/** Pictures that are kept: two minutes. */
const KEPT = 120;

const SPECS = [
  {
    id: 'queues',
    title: 'Scheduler’s queues',
    caption: 'Pods that wait: to be tried, after a refusal for time to pass or for a change, or behind a gate.',
    unit: 'pods',
    lines: ['active', 'backoff', 'unschedulable', 'gated'].map((name, i) => ({
      label: name,
      colour: `colour-${[0, 1, 2, 7][i]}`,
      of: ({ queues }) => queues[name] ?? 0,
    })),
  },
  {
    id: 'latency',
    title: 'Latency of API servers and etcd',
    caption: 'Of what was answered between two pictures, watches left out; no line where nothing was asked.',
    unit: 'ms',
    isLog: true,
    lines: [
      { label: 'API, half', colour: 'colour-0', of: ({ latencyMs }) => latencyMs.apiServer.p50 },
      { label: 'API, 99 %', colour: 'colour-4', dash: [5, 4], of: ({ latencyMs }) => latencyMs.apiServer.p99 },
      { label: 'etcd, half', colour: 'colour-1', of: ({ latencyMs }) => latencyMs.etcd.p50 },
      { label: 'etcd, 99 %', colour: 'colour-6', dash: [5, 4], of: ({ latencyMs }) => latencyMs.etcd.p99 },
    ],
  },
];

const drawn = [];

export function makeCharts() {
  for (const spec of SPECS) {
    const canvas = el('canvas', {
      id: `chart-${spec.id}`,
      role: 'img',
      'aria-label': spec.title,
      'aria-describedby': `caption-${spec.id}`,
    });
    byId('charts').append(
      el(
        'figure',
        {},
        el('h3', {}, spec.title),
        el('div', { class: 'frame' }, canvas),
        el('figcaption', { id: `caption-${spec.id}` }, spec.caption),
      ),
    );
    drawn.push({ spec, chart: new window.Chart(canvas, config(spec)) });
  }
  isDark.addEventListener('change', () => {
    for (const { spec, chart } of drawn) {
      colour(chart, spec);
      chart.update('none');
    }
  });
}

const data = (spec) =>
  spec.lines.map(({ label, dash }) => ({ label, data: [], borderDash: dash ?? [], borderWidth: 1.8, pointRadius: 0, spanGaps: true }));

function config(spec) {
  const ticks = { maxRotation: 0 };
  const chart = {
    type: 'line',
    data: { datasets: data(spec) },
    options: {
      responsive: true,
      maintainAspectRatio: false,
      animation: false,
      parsing: false,
      interaction: { mode: 'index', intersect: false },
      scales: {
        x: {
          type: 'linear',
          ticks: { ...ticks, maxTicksLimit: 6, callback: (seconds) => clock(seconds) },
          grid: { display: false },
          title: { display: true, text: 'simulated time' },
          border: {},
        },
        y: {
          type: spec.isLog ? 'logarithmic' : 'linear',
          beginAtZero: !spec.isLog,
          suggestedMax: spec.isLog ? undefined : 10,
          ticks: { ...ticks, maxTicksLimit: 7, callback: (value) => Number(value).toLocaleString('en-US') },
          title: { display: true, text: spec.unit },
          grid: {},
          border: {},
        },
      },
      plugins: {
        legend: { position: 'bottom', labels: { usePointStyle: true, pointStyle: 'line', pointStyleWidth: 28, padding: 10 } },
        tooltip: { callbacks: { title: ([item]) => (item === undefined ? '' : clock(item.parsed.x)) } },
      },
    },
  };
  colour(chart, spec);
  return chart;
}

function colour({ data: { datasets }, options }, spec) {
  const [soft, line, grid, ink] = ['soft', 'line', 'grid', 'ink'].map(styleOf);
  for (const axis of Object.values(options.scales)) {
    axis.ticks.color = soft;
    axis.title.color = soft;
    axis.grid.color = grid;
    axis.border.color = line;
  }
  options.plugins.legend.labels.color = ink;
  datasets.forEach((dataset, i) => {
    dataset.borderColor = dataset.backgroundColor = styleOf(spec.lines[i].colour);
  });
}

let last = -1;

/** Time that stands still adds nothing; time that went back begins anew. */
export function showCharts(picture) {
  const x = picture.simulatedSeconds;
  const isAnew = x < last;
  if (x === last) return;
  last = x;
  for (const { spec, chart } of drawn) {
    chart.data.datasets.forEach((dataset, i) => {
      if (isAnew) dataset.data.length = 0;
      dataset.data.push({ x, y: spec.lines[i].of(picture) });
      if (dataset.data.length > KEPT) dataset.data.shift();
    });
    const points = chart.data.datasets[0].data;
    chart.options.scales.x.min = points[0].x;
    chart.options.scales.x.max = Math.max(x, points[0].x + 10);
    chart.update('none');
  }
}
