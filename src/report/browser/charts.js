// Draws the charts of a report in the reader's browser, with Chart.js. Everything it needs stands in the page.
const { charts, marks } = JSON.parse(document.getElementById('charts').textContent);
const { Chart } = window;
const drawn = [];

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const colourOf = ({ colour }) => style(typeof colour === 'number' ? `colour-${colour % 8}` : colour);
/** A colour of the palette (#rrggbb), let through to this many per cent. */
const faint = (colour, percent) =>
  `rgba(${[1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)).join(', ')}, ${percent / 100})`;
const dashes = { solid: [], dashed: [7, 4], dotted: [2, 3] };

const DAY = 86400;
const clock = (seconds) => {
  const whole = Math.round(seconds);
  const two = (n) => String(n).padStart(2, '0');
  const minutes = Math.floor((whole % 3600) / 60);
  const days = Math.floor(whole / DAY);
  // From two days on nobody counts hours.
  if (days >= 2) return whole % DAY === 0 ? `${days} d` : `${days} d ${Math.floor((whole % DAY) / 3600)}:${two(minutes)}`;
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
};
const short = (value) => {
  const size = Math.abs(value);
  if (size >= 1e9) return `${Number((value / 1e9).toPrecision(3))}G`;
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
};
/** Ticks of a logarithmic axis: powers of ten over many decades, ones, twos and fives over few, even steps over less than one. */
const logTicks = (min, max) => {
  const decades = Math.log10(max / min);
  const ticks = [];
  if (decades < 0.7) {
    const rough = (max - min) / 4;
    const unit = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((factor) => factor * unit >= rough) * unit;
    for (let i = Math.ceil(min / step - 1e-9); i * step <= max * (1 + 1e-9); i++) ticks.push(Number((i * step).toPrecision(12)));
    return ticks;
  }
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++) {
    for (const digit of decades > 3 ? [1] : [1, 2, 5]) {
      const value = Number(`${digit}e${power}`);
      if (value >= min * (1 - 1e-9) && value <= max * (1 + 1e-9)) ticks.push(value);
    }
  }
  return ticks;
};

/** Steps that a clock has: 1, 5, 10, 30 s, 1, 5 min, ... so that the axis reads 5:00, 10:00, 15:00. */
const clockStep = (span, room) => {
  const most = Math.max(2, Math.floor(room / 58));
  return (
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, DAY].find((step) => span / step <= most) ??
    DAY * Math.ceil(span / DAY / most)
  );
};

/** Lines with letters where something happened; the letters are explained in 'What happened when'. */
const markLines = {
  id: 'marks',
  afterDatasetsDraw(chart, _args, options) {
    if (!options.shown) return;
    const { ctx, chartArea, scales } = chart;
    ctx.save();
    ctx.strokeStyle = style('bad');
    ctx.fillStyle = style('bad');
    ctx.globalAlpha = 0.75;
    ctx.font = '600 11px system-ui, sans-serif';
    ctx.textAlign = 'center';
    let lastLetter = -Infinity;
    for (const { atSeconds, letter } of marks) {
      const x = scales.x.getPixelForValue(atSeconds);
      if (x < chartArea.left - 1 || x > chartArea.right + 1) continue;
      ctx.setLineDash([3, 3]);
      ctx.beginPath();
      ctx.moveTo(x, chartArea.top);
      ctx.lineTo(x, chartArea.bottom);
      ctx.stroke();
      if (x - lastLetter < 12) continue;
      ctx.fillText(letter, x, chartArea.top - 4);
      lastLetter = x;
    }
    ctx.restore();
  },
};

/** The cells of a heat chart: opacity grows with the square root of the count, so that single nodes stay visible among thousands. */
const heatCells = {
  id: 'heat',
  beforeDatasetsDraw(chart, _args, options) {
    if (!options.cells) return;
    const { ctx, scales, chartArea } = chart;
    const { x, cells } = options;
    const most = Math.max(1, ...cells.flat());
    const rgb = style('heat');
    ctx.save();
    ctx.beginPath();
    ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
    ctx.clip();
    for (let column = 0; column < x.length; column++) {
      const left = Math.round(scales.x.getPixelForValue(x[column]));
      const right = Math.round(scales.x.getPixelForValue(x[column + 1] ?? x[column] + (x[column] - (x[column - 1] ?? x[column] - 1))));
      for (let row = 0; row < cells[column].length; row++) {
        if (cells[column][row] === 0) continue;
        const top = scales.y.getPixelForValue(row + 0.5);
        const bottom = scales.y.getPixelForValue(row - 0.5);
        ctx.fillStyle = `rgba(${rgb}, ${(0.08 + 0.92 * Math.sqrt(cells[column][row] / most)).toFixed(3)})`;
        ctx.fillRect(left, top, Math.max(1, right - left), bottom - top - 1);
      }
    }
    ctx.restore();
  },
};

const axis = (label, more = {}) => ({
  border: { color: style('line') },
  grid: { color: style('grid') },
  ...more,
  title: { display: label !== '', text: label, color: style('soft') },
  ticks: { color: style('soft'), maxRotation: 0, ...more.ticks },
});

/** Ends one bucket after the last one begins. Ticks are set by hand, because the axis' own do not know clocks. */
const timeScale = (spec, width) => {
  const last = spec.x[spec.x.length - 1] ?? 1;
  const end = last + (last - (spec.x[spec.x.length - 2] ?? 0)) || 1;
  const step = clockStep(end, width - 60);
  return axis('simulated time', {
    type: 'linear',
    min: 0,
    max: end,
    afterBuildTicks: (scale) => {
      scale.ticks = Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, i) => ({ value: i * step }));
    },
    ticks: { autoSkip: false, callback: clock },
    grid: { display: false },
  });
};

const valueScale = (label, scale) =>
  scale === 'log'
    ? axis(label, {
        type: 'logarithmic',
        afterBuildTicks: (scale) => {
          scale.ticks = logTicks(scale.min, scale.max).map((value) => ({ value }));
        },
        ticks: { autoSkip: true, callback: short },
      })
    : axis(label, { beginAtZero: true, ticks: { callback: short } });

const base = () => ({
  responsive: true,
  maintainAspectRatio: false,
  // Points on their way would stand beside the boxes that are theirs, in print and in screenshots.
  animation: false,
  interaction: { mode: 'index', intersect: false },
  layout: { padding: { top: 6, right: 8 } },
});

/** With each line's own dashes, which tell lines apart where there are no colours. */
const dashedLabels = (chart) =>
  Chart.defaults.plugins.legend.labels.generateLabels(chart).map((item) => {
    const { borderDash = [], borderWidth } = chart.data.datasets[item.datasetIndex];
    return { ...item, lineDash: borderDash, lineWidth: borderWidth };
  });

const legend = (spec) => ({
  // A single line is named too: which queue, which code.
  display: true,
  position: 'bottom',
  labels:
    spec.kind === 'lines'
      ? { color: style('ink'), usePointStyle: true, pointStyle: 'line', pointStyleWidth: 30, padding: 10, generateLabels: dashedLabels }
      : { color: style('ink'), boxWidth: 18, boxHeight: 8, padding: 10 },
});

const over = (spec, width) => ({
  type: 'line',
  data: {
    datasets: spec.datasets.map((dataset, i) => {
      const colour = colourOf(dataset);
      // A single sample between gaps would be no line at all: it gets a point.
      const alone = (at) => dataset.values[at] != null && dataset.values[at - 1] == null && dataset.values[at + 1] == null;
      return {
        label: dataset.label,
        data: spec.x.map((x, at) => ({ x, y: dataset.values[at] ?? (spec.kind === 'stack' ? 0 : null) })),
        borderColor: colour,
        backgroundColor: spec.kind === 'stack' ? faint(colour, 55) : colour,
        borderDash: dashes[dataset.dash ?? 'solid'],
        borderWidth: spec.kind === 'stack' ? 1 : 1.8,
        fill: spec.kind === 'stack' ? (i === 0 ? 'origin' : '-1') : false,
        pointRadius: (point) => (spec.kind === 'lines' && alone(point.dataIndex) ? 2 : 0),
        // A bucket or two without samples do not break a line.
        spanGaps: ((spec.x[1] ?? 1) - (spec.x[0] ?? 0)) * 3.5,
        pointHitRadius: 8,
        tension: 0,
      };
    }),
  },
  options: {
    ...base(),
    layout: { padding: { top: marks.length > 0 ? 18 : 6, right: 8 } },
    scales: { x: timeScale(spec, width), y: { ...valueScale(spec.yLabel, spec.scale), stacked: spec.kind === 'stack' } },
    plugins: {
      legend: legend(spec),
      marks: { shown: true },
      tooltip: {
        callbacks: {
          title: (items) => (items.length > 0 ? clock(items[0].parsed.x) : ''),
          label: (item) => `${item.dataset.label}: ${short(item.parsed.y)}`,
        },
      },
    },
  },
});

const bars = (spec) => {
  const values = valueScale(spec.lying ? spec.xLabel : spec.yLabel, spec.scale);
  const categories = axis(spec.lying ? '' : spec.xLabel, {
    grid: { display: false },
    ticks: { autoSkip: !spec.lying, crossAlign: 'far' },
  });
  return {
    type: 'bar',
    data: {
      labels: spec.categories,
      datasets: spec.datasets.map((dataset) => ({
        label: dataset.label,
        data: dataset.values,
        backgroundColor: colourOf(dataset),
        borderRadius: 2,
      })),
    },
    options: {
      ...base(),
      indexAxis: spec.lying ? 'y' : 'x',
      scales: spec.lying ? { x: values, y: categories } : { x: categories, y: values },
      plugins: {
        legend: legend({ ...spec, kind: 'bars' }),
        tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${short(spec.lying ? item.parsed.x : item.parsed.y)}` } },
      },
    },
  };
};

const heat = (spec, width) => ({
  type: 'scatter',
  data: {
    datasets: [
      {
        data: spec.x.flatMap((x, column) => spec.cells[column].flatMap((count, row) => (count > 0 ? [{ x, y: row, count }] : []))),
        pointRadius: 0,
        pointHitRadius: 10,
      },
    ],
  },
  options: {
    ...base(),
    layout: { padding: { top: marks.length > 0 ? 18 : 6, right: 8 } },
    interaction: { mode: 'nearest', intersect: false },
    scales: {
      x: timeScale(spec, width),
      y: axis(spec.yLabel, {
        type: 'linear',
        min: -0.5,
        max: spec.rows.length - 0.5,
        grid: { display: false },
        afterBuildTicks: (scale) => {
          scale.ticks = spec.rows.map((_, value) => ({ value }));
        },
        ticks: { callback: (value) => spec.rows[value] ?? '', autoSkip: true },
      }),
    },
    plugins: {
      legend: { display: false },
      marks: { shown: true },
      heat: { x: spec.x, cells: spec.cells },
      tooltip: { callbacks: { label: ({ raw }) => `${clock(raw.x)}, ${spec.rows[raw.y]}: ${short(raw.count)} ${spec.cellLabel}` } },
    },
  },
});

/** Boxes from the first to the third quartile with a line at the median, behind the points of a strip. */
const boxes = {
  id: 'boxes',
  beforeDatasetsDraw(chart, _args, options) {
    if (!options.groups) return;
    const { ctx, scales } = chart;
    ctx.save();
    options.groups.forEach(({ values, colour }, row) => {
      const sorted = values.toSorted((a, b) => a - b);
      if (sorted.length < 2) return;
      const at = (share) => {
        const place = share * (sorted.length - 1);
        const low = Math.floor(place);
        return sorted[low] + (place - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
      };
      const [left, middle, right] = [0.25, 0.5, 0.75].map((share) => scales.x.getPixelForValue(at(share)));
      const [top, bottom] = [scales.y.getPixelForValue(row - 0.32), scales.y.getPixelForValue(row + 0.32)];
      ctx.fillStyle = ctx.strokeStyle = colourOf({ colour });
      ctx.globalAlpha = 0.18;
      ctx.fillRect(left, top, Math.max(1, right - left), bottom - top);
      ctx.globalAlpha = 0.9;
      ctx.lineWidth = 2;
      ctx.beginPath();
      ctx.moveTo(middle, top);
      ctx.lineTo(middle, bottom);
      ctx.stroke();
    });
    ctx.restore();
  },
};

/** A row a name, the first on top. */
const rowScale = (labels, label = '') =>
  axis(label, {
    type: 'linear',
    min: -0.5,
    max: labels.length - 0.5,
    reverse: true,
    grid: { display: false },
    afterBuildTicks: (scale) => {
      scale.ticks = labels.map((_, value) => ({ value }));
    },
    ticks: { callback: (value) => labels[value] ?? '', autoSkip: false, crossAlign: 'far' },
  });

const strip = (spec) => ({
  type: 'scatter',
  data: {
    datasets: spec.groups.map((group, row) => ({
      label: group.label,
      // Points that would lie on each other step aside, always in the same way.
      data: group.values.map((x, i) => ({ x, y: row + (((i * 7) % 11) - 5) * 0.045 })),
      backgroundColor: colourOf(group),
      pointRadius: group.values.length > 200 ? 1.5 : 3,
    })),
  },
  options: {
    ...base(),
    interaction: { mode: 'nearest', intersect: true },
    scales: {
      x: axis(spec.xLabel, { type: 'linear', grace: '5%', ticks: { callback: short, maxTicksLimit: 8 } }),
      y: rowScale(spec.groups.map(({ label }) => label)),
    },
    plugins: {
      legend: { display: false },
      boxes: { groups: spec.groups },
      tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${short(item.parsed.x)}` } },
    },
  },
});

/** Intervals as bars with their estimate in the middle. */
const intervals = {
  id: 'intervals',
  beforeDatasetsDraw(chart, _args, options) {
    if (!options.rows) return;
    const { ctx, scales, chartArea } = chart;
    ctx.save();
    ctx.strokeStyle = style('soft');
    const zero = scales.x.getPixelForValue(0);
    ctx.beginPath();
    ctx.moveTo(zero, chartArea.top);
    ctx.lineTo(zero, chartArea.bottom);
    ctx.stroke();
    ctx.lineWidth = 4;
    options.rows.forEach(({ interval, colour }, row) => {
      if (interval === null) return;
      ctx.strokeStyle = colourOf({ colour });
      ctx.globalAlpha = 0.45;
      const y = scales.y.getPixelForValue(row);
      ctx.beginPath();
      ctx.moveTo(scales.x.getPixelForValue(interval[0]), y);
      ctx.lineTo(scales.x.getPixelForValue(interval[1]), y);
      ctx.stroke();
    });
    ctx.restore();
  },
};

const forest = (spec) => ({
  type: 'scatter',
  data: {
    datasets: [
      {
        data: spec.rows.map(({ estimate }, y) => ({ x: estimate, y })),
        backgroundColor: spec.rows.map(colourOf),
        pointRadius: 5,
      },
    ],
  },
  options: {
    ...base(),
    interaction: { mode: 'nearest', intersect: false, axis: 'y' },
    scales: {
      x: axis(spec.xLabel, {
        type: 'linear',
        suggestedMin: Math.min(0, ...spec.rows.map(({ interval, estimate }) => interval?.[0] ?? estimate)),
        suggestedMax: Math.max(0, ...spec.rows.map(({ interval, estimate }) => interval?.[1] ?? estimate)),
        grace: '5%',
        ticks: { callback: short, maxTicksLimit: 8 },
      }),
      y: rowScale(spec.rows.map(({ label }) => label)),
    },
    plugins: {
      legend: { display: false },
      intervals: { rows: spec.rows },
      tooltip: {
        callbacks: {
          label: ({ dataIndex }) => {
            const { label, estimate, interval } = spec.rows[dataIndex];
            return `${label}: ${short(estimate)}${interval === null ? '' : ` (${short(interval[0])} to ${short(interval[1])})`}`;
          },
        },
      },
    },
  },
});

const curve = (spec) => {
  const numeric = spec.x.every((x) => typeof x === 'number');
  const points = (values) => spec.x.map((x, at) => ({ x: numeric ? x : String(x), y: values[at] ?? null }));
  const datasets = spec.datasets.flatMap((dataset) => {
    const colour = colourOf(dataset);
    const line = {
      label: dataset.label,
      data: points(dataset.values),
      borderColor: colour,
      backgroundColor: colour,
      borderDash: dashes[dataset.dash ?? 'solid'],
      borderWidth: 2,
      pointRadius: spec.x.length > 30 ? 0 : 3,
      spanGaps: true,
      tension: 0,
    };
    if (!dataset.low || !dataset.high) return [line];
    const edge = { borderWidth: 0, pointRadius: 0, pointHitRadius: 0, spanGaps: true, band: true };
    return [
      { ...edge, label: dataset.label, data: points(dataset.low), fill: false },
      {
        ...edge,
        label: dataset.label,
        data: points(dataset.high),
        fill: '-1',
        backgroundColor: faint(colour, 20),
      },
      line,
    ];
  });
  if (spec.limit)
    datasets.push({
      label: spec.limit.label,
      data: points(spec.x.map(() => spec.limit.value)),
      borderColor: style('bad'),
      backgroundColor: style('bad'),
      borderDash: [6, 4],
      borderWidth: 1.5,
      pointRadius: 0,
    });
  return {
    type: 'line',
    data: numeric ? { datasets } : { labels: spec.x.map(String), datasets },
    options: {
      ...base(),
      scales: {
        x: numeric
          ? axis(spec.xLabel, { type: 'linear', ticks: { callback: short } })
          : axis(spec.xLabel, { type: 'category', ticks: { autoSkip: true } }),
        // Room below nothing would be room for nothing.
        y: axis(spec.yLabel, { grace: '5%', ...(startsAtZero(spec) ? { min: 0 } : {}), ticks: { callback: short } }),
      },
      plugins: {
        legend: {
          ...legend({ kind: 'lines' }),
          labels: { ...legend({ kind: 'lines' }).labels, filter: (item, data) => data.datasets[item.datasetIndex].band !== true },
        },
        tooltip: {
          filter: (item) => item.dataset.band !== true,
          callbacks: { label: (item) => `${item.dataset.label}: ${short(item.parsed.y)}` },
        },
      },
    },
  };
};

const startsAtZero = ({ datasets }) => {
  const values = datasets.flatMap((set) => [...set.values, ...(set.low ?? [])]).filter((value) => value !== null);
  return values.length > 0 && Math.min(...values) >= 0 && Math.min(...values) < 0.05 * Math.max(...values);
};

/** Cells with their numbers in them: from pale at the least to full at the most. */
const cells = {
  id: 'cells',
  beforeDatasetsDraw(chart, _args, options) {
    if (!options.values) return;
    const { ctx, scales } = chart;
    const all = options.values.flat().filter((value) => value !== null);
    const [least, most] = [Math.min(...all), Math.max(...all)];
    const rgb = style('heat');
    ctx.save();
    ctx.font = '11px system-ui, sans-serif';
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    options.values.forEach((row, y) => {
      row.forEach((value, x) => {
        if (value === null) return;
        const [left, right] = [scales.x.getPixelForValue(x - 0.5), scales.x.getPixelForValue(x + 0.5)];
        const [top, bottom] = [scales.y.getPixelForValue(y - 0.5), scales.y.getPixelForValue(y + 0.5)];
        const share = most > least ? (value - least) / (most - least) : 0.5;
        ctx.fillStyle = `rgba(${rgb}, ${(0.08 + 0.82 * share).toFixed(3)})`;
        ctx.fillRect(left + 1, top + 1, right - left - 2, bottom - top - 2);
        if (right - left < 34) return;
        ctx.fillStyle = share > 0.55 ? style('page') : style('ink');
        ctx.fillText(short(value), (left + right) / 2, (top + bottom) / 2);
      });
    });
    ctx.restore();
  },
};

const grid = (spec) => ({
  type: 'scatter',
  data: {
    datasets: [
      {
        data: spec.values.flatMap((row, y) => row.flatMap((value, x) => (value === null ? [] : [{ x, y, value }]))),
        pointRadius: 0,
        pointHitRadius: 14,
      },
    ],
  },
  options: {
    ...base(),
    interaction: { mode: 'nearest', intersect: false },
    scales: {
      x: axis(spec.xLabel, {
        type: 'linear',
        min: -0.5,
        max: spec.columns.length - 0.5,
        grid: { display: false },
        afterBuildTicks: (scale) => {
          scale.ticks = spec.columns.map((_, value) => ({ value }));
        },
        ticks: { callback: (value) => spec.columns[value] ?? '', autoSkip: true },
      }),
      y: rowScale(spec.rows, spec.yLabel),
    },
    plugins: {
      legend: { display: false },
      cells: { values: spec.values },
      tooltip: { callbacks: { label: ({ raw }) => `${spec.columns[raw.x]}, ${spec.rows[raw.y]}: ${short(raw.value)} ${spec.unit}` } },
    },
  },
});

const MAKERS = { heat, bars, strip, forest, curve, grid, lines: over, stack: over };

const draw = () => {
  for (const chart of drawn.splice(0)) chart.destroy();
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12;
  for (const spec of charts) {
    const canvas = document.getElementById(`canvas-${spec.id}`);
    const width = canvas.parentElement.clientWidth;
    drawn.push(new Chart(canvas, { ...MAKERS[spec.kind](spec, width), plugins: [markLines, heatCells, boxes, intervals, cells] }));
  }
  document.documentElement.dataset.drawn = String(drawn.length);
};

draw();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
matchMedia('print').addEventListener('change', draw);
