import type { Report } from '@crrg/pipeline';
import { html, nothing } from 'lit-html';
import type { Reading } from '../state.js';
import { duration, stageTitle } from '../words.js';

type Row = readonly [string, unknown];

const modelOf = ({ name, version, sha256 }: Report['provenance']['model']) =>
  html`${name} ${version}, <code>${sha256.slice(0, 16)}</code>`;

function rowsOf({ input, provenance }: Report): Row[] {
  const { backend, classifier, durations, model, options, versions } = provenance;
  const { dicom } = input;
  return [
    ['Report model', modelOf(model)],
    ...(classifier ? [['Classifier', modelOf(classifier)] as const] : []),
    ['Engine', backend],
    ['Versions', Object.entries(versions).map(([name, version]) => html`${name} ${version}<br />`)],
    ['Search', `${options.numBeams} beams, at most ${options.maxLength} tokens a sentence`],
    [
      'Film',
      html`${input.width} × ${input.height} pixels, SHA-256 <code>${input.sha256.slice(0, 16)}</code>`,
    ],
    ...(dicom
      ? ([
          [
            'DICOM',
            html`transfer syntax <code>${dicom.transferSyntax}</code>, ${dicom.bitsStored} bits, greys by
              ${dicom.range}${dicom.isInverted ? ', inverted' : ''}`,
          ],
        ] as const)
      : []),
    [
      'Time',
      Object.entries(durations).map(([stage, time]) => html`${stageTitle(stage)}: ${duration(time)}<br />`),
    ],
  ];
}

/** How the report came about. */
export function provenanceView({ report }: Reading) {
  if (!report) return nothing;
  return html`
    <details class="more">
      <summary>How this report came about</summary>
      <dl>
        ${rowsOf(report).map(
          ([name, value]) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
    </details>
  `;
}
