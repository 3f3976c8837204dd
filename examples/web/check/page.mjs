// What a person does on the page, for the check and for the screenshots.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export const PATIENCE_MS = 120_000;

/** Waits until weights and engine are ready. */
export const isReady = (page) =>
  page.waitForSelector('.engine-status[data-is=ready]', { timeout: PATIENCE_MS });

/** Waits until the film in view is read, refused or stopped, and gives which. */
export async function isDone(page) {
  const done = page.locator('.reading:is([data-phase=read], [data-phase=refused], [data-phase=stopped])');
  await done.waitFor({ timeout: PATIENCE_MS });
  return done.getAttribute('data-phase');
}

/** Gives the page a file and waits until it is done with it. */
export async function readFilm(page, file) {
  await page.setInputFiles('input[type=file]', file);
  await page.waitForSelector('.reading');
  return isDone(page);
}

/** Drops or pastes a file on the page. */
export async function give(page, kind, { name, mimeType, buffer }) {
  const file = { name, mimeType, base64: buffer.toString('base64') };
  await page.evaluate(
    ([kind, { name, mimeType, base64 }]) => {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], name, { type: mimeType }));
      const options = { bubbles: true, cancelable: true };
      const event =
        kind === 'drop'
          ? new DragEvent('drop', { ...options, dataTransfer: data })
          : new ClipboardEvent('paste', { ...options, clipboardData: data });
      document.body.dispatchEvent(event);
    },
    [kind, file],
  );
  await page.waitForSelector('.reading');
}

/** What a button saves, as text. */
export async function saved(page, name) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name, exact: true }).click(),
  ]);
  return readFile(await download.path(), 'utf8');
}

/** What axe-core finds wrong with the page as it is, a line each. */
export async function findAccessProblems(page) {
  // Evaluated, as the page's policy allows no script tag.
  await page.evaluate(await readFile(AXE, 'utf8'));
  const violations = await page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await globalThis.axe.run({ runOnly: tags });
    return violations.map(({ id, nodes }) => ({ id, targets: nodes.map(({ target }) => target.join(' ')) }));
  });
  return violations.map(({ id, targets }) => `${id}: ${targets.join(', ')}`);
}
