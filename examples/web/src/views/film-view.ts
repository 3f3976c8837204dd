import type { Box } from '@crrg/core';
import { markOf, placeTags, type HeatMap, type LabelResult } from '@crrg/pipeline';
import { html, nothing, svg } from 'lit-html';
import { ref } from 'lit-html/directives/ref.js';
import type { Actions } from '../actions.js';
import { startBox } from '../draw-box.js';
import { filmScale } from '../film-scale.js';
import { heatMapHref } from '../heat-map.js';
import { markedRegions } from '../marks.js';
import type { State } from '../state.js';
import { count } from '../words.js';
import { warningIcon } from './icons.js';

/** Side of a number on the film, in pixels of the screen. */
const TAG = 22;

const frame = ({ x1, y1, x2, y2 }: Box) => ({ x: x1, y: y1, width: x2 - x1, height: y2 - y1 });

function heatMapView({ box, ...cells }: HeatMap) {
  const { x, y, width, height } = frame(box);
  return svg`<image class="heat" href=${heatMapHref(cells)} x=${x} y=${y} width=${width} height=${height} preserveAspectRatio="none"/>`;
}

/** Boxes with their numbers, drawn in pixels of the film. */
function marksView(state: State, actions: Actions) {
  const { reading, selected } = state;
  const { image } = reading.film!.radiograph;
  const { pixel } = filmScale;
  const marked = markedRegions(reading).flatMap(({ name, box }, index) =>
    box ? [{ name, box, index }] : [],
  );
  const tags = placeTags(
    marked.map(({ box }) => box),
    { width: TAG * pixel, height: TAG * pixel },
    image,
  );
  const written = new Set(reading.findings.map(({ region }) => region));
  return marked.map(({ name, box, index }, at) => {
    const { colour, dashes } = markOf(index);
    const { x, y, width, height } = frame(box);
    const tag = frame(tags[at]!);
    return svg`
      <g class="mark" ?data-selected=${selected === name} ?data-dimmed=${selected !== undefined && selected !== name} ?data-pending=${!written.has(name)}
        @click=${() => actions.select(name)} @mouseenter=${() => actions.select(name)}>
        <rect class="mark-shade" x=${x} y=${y} width=${width} height=${height}/>
        <rect class="mark-line" x=${x} y=${y} width=${width} height=${height} stroke=${colour} stroke-dasharray=${dashes}/>
        <rect class="mark-tag" x=${tag.x} y=${tag.y} width=${tag.width} height=${tag.height} rx=${4 * pixel} fill=${colour}/>
        <text x=${tag.x + tag.width / 2} y=${tag.y + tag.height * 0.71} font-size=${14 * pixel} text-anchor="middle">${index + 1}</text>
      </g>`;
  });
}

function askedBoxView({ answers, reading }: State) {
  const asked = answers.filter(({ description }) => description?.region === null);
  return asked.map(({ description }) => {
    const { x, y, width, height } = frame(description!.box);
    return reading.film && svg`<rect class="asked" x=${x} y=${y} width=${width} height=${height}/>`;
  });
}

function pictureView(state: State, actions: Actions) {
  const { reading, heatMapOf, showsBoxes, isAsking } = state;
  const { radiograph, href } = reading.film!;
  const { width, height } = radiograph.image;
  const heatMap = reading.classification.find(({ label }) => label === heatMapOf)?.heatMap;
  return html`
    <svg
      class="film"
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label="Film ${reading.fileName}, ${width} by ${height} pixels"
      ?data-asking=${isAsking}
      ${ref(filmScale.follow)}
      @pointerdown=${(event: PointerEvent) => isAsking && startBox(event, (box) => void actions.ask('the box drawn', { box }))}
    >
      ${svg`<image href=${href} width=${width} height=${height} preserveAspectRatio="none"/>`}
      ${heatMap ? heatMapView(heatMap) : nothing} ${showsBoxes ? marksView(state, actions) : nothing}
      ${askedBoxView(state)} ${svg`<rect class="drawn" visibility="hidden"/>`}
    </svg>
  `;
}

/** The label with a heat map that is most above its threshold. */
function strongestLabel(labels: readonly LabelResult[]): string | undefined {
  const explained = labels.filter(({ heatMap }) => heatMap);
  explained.sort((a, b) => b.probability - b.threshold - (a.probability - a.threshold));
  return explained[0]?.label;
}

function toolsView(state: State, actions: Actions) {
  const { reading, heatMapOf, showsBoxes, isAsking } = state;
  const toggle = (
    text: string,
    isOn: boolean,
    change: Parameters<Actions['change']>[0],
    isOff = false,
  ) => html`
    <button
      type="button"
      class="toggle"
      aria-pressed=${isOn}
      ?disabled=${isOff}
      @click=${() => actions.change(change)}
    >
      ${text}
    </button>
  `;
  const strongest = heatMapOf ?? strongestLabel(reading.classification);
  return html`
    <div class="film-tools" role="group" aria-label="On the film">
      ${toggle('Boxes', showsBoxes, { showsBoxes: !showsBoxes })}
      ${
        strongest
          ? toggle(`Heat map: ${strongest}`, heatMapOf !== undefined, {
              heatMapOf: heatMapOf ? undefined : strongest,
            })
          : nothing
      }
      ${toggle('Draw a box to ask about', isAsking, { isAsking: !isAsking }, reading.phase !== 'read')}
    </div>
  `;
}

/** The film with what was found on it. */
export function filmView(state: State, actions: Actions) {
  const { film, doubts, phase } = state.reading;
  if (!film)
    return phase === 'refused' ? nothing : html`<div class="viewer"><div class="no-film"></div></div>`;
  return html`
    <figure class="viewer">
      ${
        doubts.length > 0
          ? html`<p class="film-doubt">${warningIcon} In doubt: ${count(doubts.length, 'reason')}</p>`
          : nothing
      }
      <div class="film-frame">${pictureView(state, actions)}</div>
      ${toolsView(state, actions)}
      <figcaption>
        Right and left are the patient’s. ${state.isAsking ? 'Drag over the film.' : ''}
      </figcaption>
    </figure>
  `;
}
