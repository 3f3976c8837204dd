// A line chart of several panels over the same minutes, as SVG.
const WIDTH = 960;
const LEFT = 80;
const RIGHT = 24;
const PANEL = 200;
const GAP = 76;
const TOP = 60;
const COLOURS = ['#0072B2', '#D55E00', '#009E73'];
const DASHES = ['', '7 4', '2 3'];

const escape = (text) => text.replace(/[&<>]/g, (each) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[each]);
const label = (x, y, text, rest = '') => `<text x="${x}" y="${y}" ${rest}>${escape(text)}</text>`;

/** The smallest of 1, 2 and 5 times a power of ten that cuts `most` into at most `parts`. */
function stepOf(most, parts) {
  const power = 10 ** Math.floor(Math.log10(most / parts));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => most / each <= parts);
}

const ticksOf = (most, parts) => {
  const step = stepOf(most, parts);
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, at) =>
    Number((at * step).toPrecision(6)),
  );
};

function panel({ title, series, marks = [] }, top, minutes) {
  const most = 1.08 * Math.max(1e-9, ...series.flatMap(({ points }) => points.map(([, y]) => y)));
  const toX = (x) => (LEFT + ((WIDTH - LEFT - RIGHT) * x) / minutes).toFixed(1);
  const toY = (y) => (top + PANEL * (1 - y / most)).toFixed(1);
  const grid = ticksOf(most, 5).flatMap((y) => [
    `<path d="M${LEFT} ${toY(y)}H${WIDTH - RIGHT}" stroke="#ddd"/>`,
    label(LEFT - 8, Number(toY(y)) + 4, String(y), 'text-anchor="end"'),
  ]);
  const axis = ticksOf(minutes, 10).map((x) =>
    label(toX(x), top + PANEL + 18, String(x), 'text-anchor="middle"'),
  );
  const bursts = marks.map((x) => `<path d="M${toX(x)} ${top + PANEL}v-8" stroke="#595959"/>`);
  const lines = series.map(({ points }, at) => {
    const path = points.map(([x, y]) => `${toX(x)} ${toY(y)}`).join('L');
    return `<path d="M${path}" fill="none" stroke="${COLOURS[at]}" stroke-width="2" stroke-dasharray="${DASHES[at]}"/>`;
  });
  const names = series.flatMap(({ name }, at) => {
    const x = LEFT + 420 + at * 150;
    return [
      `<path d="M${x} ${top - 14}h30" stroke="${COLOURS[at]}" stroke-width="2" stroke-dasharray="${DASHES[at]}"/>`,
      label(x + 36, top - 10, name),
    ];
  });
  return [label(LEFT, top - 10, title, 'font-weight="700"'), ...grid, ...axis, ...bursts, ...lines, ...names];
}

/** @param {{ title: string, note: string, minutes: number, panels: { title: string, series: { name: string, points: [number, number][] }[], marks?: number[] }[] }} chart */
export function renderChart({ title, note, minutes, panels }) {
  const height = TOP + 24 + panels.length * (PANEL + GAP);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="'Noto Sans', Arial, sans-serif" font-size="13" fill="#1a1a1a" role="img">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    label(LEFT, 26, title, 'font-size="16" font-weight="700"'),
    ...panels.flatMap((each, at) => panel(each, TOP + 24 + at * (PANEL + GAP), minutes)),
    label(WIDTH - RIGHT, height - 34, 'minutes', 'text-anchor="end"'),
    label(LEFT, height - 12, note, 'fill="#595959"'),
    '</svg>',
    '',
  ].join('\n');
}
