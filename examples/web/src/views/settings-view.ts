import { html, nothing } from 'lit-html';
import type { Actions } from '../actions.js';
import type { EngineName } from '../engines.js';
import type { State } from '../state.js';
import { closeIcon } from './icons.js';

const ID = 'settings';
const dialog = () => document.getElementById(ID) as HTMLDialogElement;

export const openSettings = () => dialog().showModal();

function save(event: SubmitEvent, actions: Actions): void {
  const form = new FormData(event.target as HTMLFormElement);
  const text = (name: string) => String(form.get(name) ?? '').trim();
  actions.changeSettings({
    engine: text('engine') as EngineName,
    model: text('model'),
    classifier: text('classifier'),
  });
}

/** Which engine computes, and with which weights. */
export function settingsView({ engines, settings, worksOffline }: State, actions: Actions) {
  return html`
    <dialog id=${ID} closedby="any" aria-labelledby="settings-title">
      <form method="dialog" @submit=${(event: SubmitEvent) => save(event, actions)}>
        <div class="dialog-bar">
          <h2 id="settings-title">Engine and weights</h2>
          <button type="button" class="quiet square" aria-label="Close" @click=${() => dialog().close()}>
            ${closeIcon}
          </button>
        </div>
        <fieldset>
          <legend>Engine</legend>
          ${engines.map(
            ({ name, title, about, missing }) => html`
              <label class="choice" ?data-missing=${missing !== undefined}>
                <input
                  type="radio"
                  name="engine"
                  value=${name}
                  ?checked=${settings.engine === name}
                  ?disabled=${missing !== undefined}
                />
                <span><strong>${title}</strong><br />${missing ?? about}</span>
              </label>
            `,
          )}
        </fieldset>
        <fieldset>
          <legend>Weights</legend>
          <label class="field">
            Report model
            <input
              name="model"
              .value=${settings.model}
              placeholder="demonstration weights (crrg-tiny)"
              spellcheck="false"
            />
          </label>
          <label class="field">
            Classifier
            <input
              name="classifier"
              .value=${settings.classifier}
              placeholder="demonstration classifier"
              spellcheck="false"
            />
          </label>
          <p class="hint">
            The folder of a bundle on this server, such as <code>models/rgrg/</code>. The page may load from
            no other.
          </p>
        </fieldset>
        <p class="hint">
          ${
            crossOriginIsolated
              ? 'The host isolates this page, so WebAssembly may use several threads.'
              : 'WebAssembly runs on one thread: the host does not isolate this page.'
          }
          ${worksOffline ? 'The page and its weights are kept in this browser and work without a network.' : nothing}
        </p>
        <div class="buttons">
          <button type="submit" class="button primary">Use these</button>
          <button type="button" class="button" @click=${() => void actions.forgetWeights()}>
            Forget kept weights
          </button>
        </div>
      </form>
    </dialog>
  `;
}
