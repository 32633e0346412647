// Draws readings over time: `data-chart` is where they come from. The table beside says the same.
// uPlot is a classic script before this one.
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function times(zone) {
  const clock = { timeZone: zone, hour: "2-digit", minute: "2-digit" };
  const day = { timeZone: zone, month: "short", day: "numeric" };
  const language = document.documentElement.lang;
  const [hours, days] = [clock, day].map((how) => new Intl.DateTimeFormat(language, how));
  return (_plot, splits, _axis, _space, step) =>
    splits.map((at) => (step < 86400 ? hours : days).format(at * 1000));
}

// Large values shortened, 1.2M, so that the axis has room for them.
function short() {
  const format = new Intl.NumberFormat(document.documentElement.lang, {
    notation: "compact",
    maximumSignificantDigits: 4,
  });
  return (_plot, splits) => splits.map((value) => format.format(value));
}

async function draw(figure) {
  const answer = await fetch(figure.dataset.chart);
  if (!answer.ok) return;
  const { times: at, lines } = await answer.json();
  if (!at.length) return;
  const asked = new URL(figure.dataset.chart, location).searchParams;
  const span = ["start", "end"].map((name) => Date.parse(asked.get(name)) / 1000);
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 } };
  const size = () => ({ width: figure.clientWidth, height: 220 });
  const strokes = [colour("--accent"), colour("--warn"), colour("--good"), colour("--bad")];
  const plot = new window.uPlot(
    {
      ...size(),
      cursor: { drag: { x: false } },
      legend: { show: false },
      scales: { x: { time: true, range: () => span } },
      axes: [{ ...axis, values: times(figure.dataset.zone) }, { ...axis, size: 70, values: short() }],
      series: [
        {},
        ...lines.map((line, n) => ({
          label: line.name,
          stroke: strokes[n % strokes.length],
          width: 2,
          spanGaps: false,
        })),
      ],
    },
    [at, ...lines.map((line) => line.values)],
    figure,
  );
  plot.root.setAttribute("aria-hidden", "true");
  plot.root.dir = "ltr";
  new ResizeObserver(() => plot.setSize(size())).observe(figure);
}

if (window.uPlot) document.querySelectorAll("[data-chart]").forEach((one) => draw(one));
