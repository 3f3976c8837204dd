import { html } from 'lit-html';
import type { Actions } from '../actions.js';

function take(event: Event, actions: Actions): void {
  const input = event.target as HTMLInputElement;
  actions.openFile(input.files?.[0]);
  // The same file can be chosen again.
  input.value = '';
}

/** A label that opens the file chooser, by mouse and keyboard. */
export const fileButton = (text: string, actions: Actions, style = 'primary') => html`
  <label class="button ${style}">
    <input
      class="visually-hidden"
      type="file"
      accept=".png,.jpg,.jpeg,.dcm,.dicom,image/png,image/jpeg,application/dicom"
      @change=${(event: Event) => take(event, actions)}
    />
    ${text}
  </label>
`;
