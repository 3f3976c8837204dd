import { toCsv } from './score-reports.js';

const form = document.querySelector('form');
const [status, alert] = ['status', 'alert'].map((role) => document.querySelector(`[role=${role}]`));
const outcome = document.querySelector('#outcome');
const stop = document.querySelector('#stop');
let worker;

/** A file as the worker takes it. */
const toInput = async (file) => ({ bytes: await file.arrayBuffer(), name: file.name });

function say(progress = '', problem = '') {
  status.textContent = progress;
  alert.textContent = problem;
  alert.hidden = problem === '';
}

function finish() {
  worker?.terminate();
  worker = undefined;
  stop.hidden = true;
}

function offer(link, type, text) {
  if (link.href) URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([text], { type }));
}

function show(result) {
  const { numReports, pairing, scores } = result;
  document.querySelector('#pairing').textContent = `${numReports} reports, paired ${pairing}.`;
  const rows = scores.map(({ score, estimate, low, high }) => {
    const row = document.createElement('tr');
    const [name, ...cells] = ['th', 'td', 'td'].map((tag) => row.appendChild(document.createElement(tag)));
    name.scope = 'row';
    name.textContent = score;
    cells[0].textContent = estimate.toFixed(4);
    cells[1].textContent = `${low.toFixed(4)} to ${high.toFixed(4)}`;
    return row;
  });
  document.querySelector('tbody').replaceChildren(...rows);
  offer(document.querySelector('#json'), 'application/json', `${JSON.stringify(result, null, 2)}\n`);
  offer(document.querySelector('#csv'), 'text/csv', toCsv(result));
  outcome.hidden = false;
}

function hear({ data: { done, total, result, message } }) {
  if (total !== undefined) return say(`${done} of ${total} reports`);
  finish();
  say(result && 'Done.', message);
  if (result) show(result);
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  finish();
  outcome.hidden = true;
  say('Reading the files ...');
  const { candidates, references } = form.elements;
  const files = await Promise.all([candidates, references].map(({ files: [file] }) => toInput(file)));
  worker = new Worker(new URL('./score-worker.js', import.meta.url), { type: 'module' });
  worker.onmessage = hear;
  worker.onerror = ({ message }) => hear({ data: { message: message || 'The scorer did not start.' } });
  worker.postMessage({ candidates: files[0], references: files[1] });
  stop.hidden = false;
});

stop.addEventListener('click', () => {
  finish();
  say('Stopped.');
});

for (const drop of document.querySelectorAll('.drop')) {
  const input = drop.querySelector('input');
  const over = (isOver) => (event) => {
    event.preventDefault();
    drop.classList.toggle('over', isOver);
  };
  drop.addEventListener('dragover', over(true));
  drop.addEventListener('dragleave', over(false));
  drop.addEventListener('drop', (event) => {
    over(false)(event);
    if (event.dataTransfer.files.length === 1) input.files = event.dataTransfer.files;
    else say('', 'Drop one file in each place.');
  });
}
