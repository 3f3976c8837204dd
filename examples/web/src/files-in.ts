import type { Actions } from './actions.js';

const holdsFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;

/** Films that are dropped anywhere on the page, or pasted. */
export function acceptFiles(page: Window, actions: Actions): void {
  page.addEventListener('dragover', (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    actions.change({ isDragging: true });
  });
  page.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) actions.change({ isDragging: false });
  });
  page.addEventListener('drop', (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    actions.change({ isDragging: false });
    actions.openFile(event.dataTransfer?.files[0]);
  });
  page.addEventListener('paste', ({ clipboardData }) => {
    const file = clipboardData?.files[0];
    if (file) actions.openFile(file);
  });
}
