import { visitAsJson } from './visit.js';

/** Reads the films that the visitor chooses, with the settings of the address, and shows the visit as JSON. */
export function showVisits(open) {
  const query = new URLSearchParams(location.search);
  const settings = { engine: query.get('engine'), worker: query.has('worker') };
  document.querySelector('input').addEventListener('change', async ({ target }) => {
    document.querySelector('#outcome').textContent = await visitAsJson(
      () => open(settings),
      [...target.files],
    );
  });
}
