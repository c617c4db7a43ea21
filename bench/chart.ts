// The headline figures as a picture: node bench/chart.ts draws results.svg from results.json.
import { writeFileSync } from 'node:fs';
import { OURS } from './contestants.ts';
import { type Results, readable, type Unit } from './figures.ts';
import { HEADLINES, type Headline, headlineFigure, PEER_NAMES } from './headline.ts';
import { readResults } from './results.ts';

const [WIDTH, HEIGHT] = [920, 520];
const [COLUMNS, MARGIN, LABELS, TITLE] = [2, 24, 130, 44];
/** Dark enough on white for everybody, and told apart without colour: ours is on top and bold. */
const [OURS_COLOUR, PEER_COLOUR, TEXT] = ['#0f766e', '#94a3b8', '#1f2937'];
/** What the table says and the picture need not. */
const SHOWN = HEADLINES.filter(({ title }) => !/full|p99|first start/.test(title));

/** On a white card, which reads the same on a light and on a dark page. */
export async function drawChart(results: Results): Promise<void> {
  const { init } = await import('echarts');
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  const panels = SHOWN.map((headline, index) => panelOf(results, headline, index));
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'system-ui, sans-serif', color: TEXT },
    title: panels.map(({ title }) => title),
    grid: panels.map(({ grid }) => grid),
    xAxis: panels.map(({ xAxis }) => xAxis),
    yAxis: panels.map(({ yAxis }) => yAxis),
    series: panels.map(({ series }) => series),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  const label = SHOWN.map((headline) => wordsOf(results, headline)).join('. ');
  const named = svg.replace('<svg ', `<svg role="img" aria-label="${label}" `);
  writeFileSync(new URL('./results.svg', import.meta.url), `${named.trim()}\n`);
}

function panelOf(results: Results, headline: Headline, index: number) {
  const [width, height] = [WIDTH / COLUMNS, HEIGHT / Math.ceil(SHOWN.length / COLUMNS)];
  const [left, top] = [(index % COLUMNS) * width, Math.floor(index / COLUMNS) * height];
  const bars = barsOf(results, headline);
  return {
    title: {
      text: headline.title,
      subtext: subtextOf(headline, bars[0]?.unit),
      left: left + MARGIN,
      top: top + MARGIN / 2,
      itemGap: 4,
      textStyle: { fontSize: 14, color: TEXT },
      subtextStyle: { fontSize: 12, color: '#4b5563' },
    },
    grid: {
      left: left + MARGIN + LABELS,
      top: top + MARGIN / 2 + TITLE,
      width: width - 2 * MARGIN - LABELS - 60,
      height: height - MARGIN - TITLE,
    },
    xAxis: { type: 'value', gridIndex: index, show: false },
    yAxis: {
      type: 'category',
      gridIndex: index,
      inverse: true,
      data: bars.map(({ name }) => ({ value: name, textStyle: { fontWeight: name === OURS ? 'bold' : 'normal' } })),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: TEXT, fontSize: 12 },
    },
    series: {
      type: 'bar',
      xAxisIndex: index,
      yAxisIndex: index,
      barMaxWidth: 20,
      data: bars.map(({ name, value }) => ({
        value,
        itemStyle: { color: name === OURS ? OURS_COLOUR : PEER_COLOUR, borderRadius: 2 },
        label: { show: true, position: 'right', formatter: readable(value), color: TEXT, fontSize: 12 },
      })),
    },
  };
}

function subtextOf({ better }: Headline, unit: Unit | undefined): string {
  if (unit === undefined) return 'not measured';
  return `${unit === '1/s' ? '' : `${unit}, `}${better} is better`;
}

function barsOf(results: Results, headline: Headline) {
  return [OURS, ...PEER_NAMES].flatMap((name) => {
    const figure = headlineFigure(results, headline, name);
    return figure ? [{ name, value: figure.median, unit: figure.unit }] : [];
  });
}

function wordsOf(results: Results, headline: Headline): string {
  const bars = barsOf(results, headline).map(({ name, value, unit }) => `${name} ${readable(value)} ${unit}`);
  return `${headline.title}: ${bars.join(', ')}`;
}

if (import.meta.main) await drawChart(readResults());
