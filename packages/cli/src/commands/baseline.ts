import { Option, type Command } from 'commander';
import { withInputErrors } from '../input-errors.js';
import type { CommandContext } from '../io.js';
import type {
  CaptionerCommandOptions,
  EndpointCommandOptions,
  MajorityCommandOptions,
  RetrievalCommandOptions,
} from './baseline-run.js';
import { addRuntimeOptions, parseCount } from './engine-options.js';
import { addSeedOptions, positive } from './train-options.js';

const NOTES = `
STUDIES is a JSONL file of region studies, as crrg data writes them. The folder of --out gets reports.jsonl, one {"id", "image", "text"} a
film of the split, which crrg evaluate reports scores. Trained on is the split train: the report of a study where it has one, else the
sentences of its regions, each once.
`;

const CAPTIONERS = {
  'show-and-tell': 'train Show and Tell (CNN and LSTM) and write what it says of films',
  'ada-att': 'train adaptive attention (visual sentinel) and write what it says of films',
} as const;

/** Options of every baseline. */
export function addBaselineOptions(command: Command): Command {
  return command
    .requiredOption('--out <folder>', 'gets reports.jsonl')
    .addOption(
      new Option('--split <name>', 'whose films').choices(['train', 'valid', 'test']).default('test'),
    );
}

const addQuiet = (command: Command) => command.option('--quiet', 'no progress');

function addCaptioner(baseline: Command, name: keyof typeof CAPTIONERS, context: CommandContext): void {
  const command = addBaselineOptions(
    baseline
      .command(name)
      .description(CAPTIONERS[name])
      .argument('<studies>', 'a JSONL file of region studies'),
  )
    .option('--model <folder>', 'a model of an earlier run: nothing is trained')
    .option('--preset <file>', 'settings, a JSON file (default: those of the papers)')
    .option(
      '--image-encoder <part>',
      'an imported ResNet (image-encoder) to start the trunk from (default: random)',
    )
    .option('--epochs <n>', 'epochs', parseCount)
    .option('--batch-size <n>', 'films a batch', parseCount)
    .option('--learning-rate <rate>', 'learning rate of the first epoch', positive('--learning-rate'))
    .option(
      '--beams <n>',
      'beams of the search, 1 is greedy (default: that of the preset, else 3)',
      parseCount,
    );
  addSeedOptions(command);
  const examples = `${NOTES}It also gets the model (model/), the losses and their curves. A stopped run goes on when the same command is run again.

Examples:
  crrg baseline ${name} studies.jsonl --image-encoder models/image-encoder --out runs/${name}
  crrg baseline ${name} others.jsonl --model runs/${name}/model --out runs/others
  crrg evaluate reports runs/${name}/reports.jsonl studies.jsonl --out results/${name}`;
  addRuntimeOptions(command)
    .addHelpText('after', examples)
    .action((studies: string, options: Omit<CaptionerCommandOptions, 'kind'>) =>
      withInputErrors(context, async () => {
        const { runCaptioner } = await import('./baseline-run.js');
        await runCaptioner(studies, { ...options, kind: name }, context.io);
      }),
    );
}

const LABELS_NOTE = `
STUDIES may be R-CLIP studies instead: then the labels of films are predicted, and --out gets predictions.csv, which crrg score --labels reads.
`;

function addMajority(baseline: Command, context: CommandContext): void {
  const command = baseline
    .command('majority')
    .description('the most common report of the training films, or the share of each label, for every film')
    .argument('<studies>', 'a JSONL file of region studies, or of R-CLIP studies');
  addQuiet(addBaselineOptions(command))
    .addOption(
      new Option(
        '--unit <what>',
        'whole reports, or the most common sentence of each region that half of the films describe (default: report where any study has one)',
      ).choices(['report', 'regions']),
    )
    .addHelpText(
      'after',
      `${NOTES}${LABELS_NOTE}
Examples:
  crrg baseline majority studies.jsonl --out runs/majority
  crrg baseline majority rsna.jsonl --out runs/rsna-majority`,
    )
    .action((studies: string, options: MajorityCommandOptions) =>
      withInputErrors(context, async () => {
        const { runMajority } = await import('./baseline-run.js');
        await runMajority(studies, options, context.io);
      }),
    );
}

function addRetrieval(baseline: Command, context: CommandContext): void {
  const command = baseline
    .command('retrieval')
    .description('the report of the training film that looks most alike, or the labels of the nearest films')
    .argument('<studies>', 'a JSONL file of region studies, or of R-CLIP studies');
  addRuntimeOptions(
    addBaselineOptions(command)
      .option(
        '--model <model>',
        'an R-CLIP model whose image encoder compares films: tiny, a bundle folder, an https address (default: thumbnails of 16 pixels)',
      )
      .option('--neighbours <n>', 'training films that labels are asked of (default: 5)', parseCount),
  )
    .addHelpText(
      'after',
      `${NOTES}${LABELS_NOTE}
Examples:
  crrg baseline retrieval studies.jsonl --model runs/rclip/model --out runs/retrieval
  crrg baseline retrieval rsna.jsonl --model models/cxr-clip --neighbours 9 --out runs/rsna-neighbours`,
    )
    .action((studies: string, options: RetrievalCommandOptions) =>
      withInputErrors(context, async () => {
        const { runRetrieval } = await import('./baseline-run.js');
        await runRetrieval(studies, options, context.io);
      }),
    );
}

function addEndpoint(baseline: Command, context: CommandContext): void {
  const command = baseline
    .command('endpoint')
    .description('ask an OpenAI-compatible service, such as GPT-4o, for the findings of every film')
    .argument('<studies>', 'a JSONL file of region studies');
  addQuiet(addBaselineOptions(command))
    .option(
      '--confirm-upload',
      'you may send these films to this service; without it nothing is sent. The licences of credentialed data (MIMIC-CXR, Chest ImaGenome) forbid it',
    )
    .option('--url <address>', 'base address of the service', 'https://api.openai.com/v1')
    .option('--model <name>', 'what the service calls its model', 'gpt-4o')
    .option('--key-env <name>', 'environment variable that holds the key', 'OPENAI_API_KEY')
    .option('--prompt <file>', 'a text file with the question (default: the findings section alone)')
    .option('--max-tokens <n>', 'longest answer in tokens', parseCount, 300)
    .option('--image-side <pixels>', 'longest side of the picture that is sent', parseCount, 1024)
    .option('--as-reference', 'remove hyphens and newlines from answers, as the paper did')
    .option(
      '--requests-per-minute <n>',
      'most requests in a minute, tries again included',
      positive('--requests-per-minute'),
      20,
    )
    .option('--timeout <seconds>', 'limit of one request', positive('--timeout'), 60)
    .option('--strict', 'do not send films that are in doubt')
    .option('--progress', 'progress also where stderr is no terminal')
    .addHelpText(
      'after',
      `
STUDIES is a JSONL file of region studies, as crrg data writes them. The folder of --out gets reports.jsonl, one {"id", "image", "text"} a
film of the split, and every answer as it comes in answers/: a stopped run goes on with the same command, and no question is paid for twice.
Only pixels are sent, shrunk and as PNG, nothing else of a file; what is written into the picture is sent with it. A service that is busy or fails is asked again, when it says or
later each time. Where it declines or says nothing, the text is empty.

Examples:
  crrg baseline endpoint open.jsonl --confirm-upload --out runs/gpt-4o
  crrg baseline endpoint studies.jsonl --confirm-upload --url http://localhost:8000/v1 --model medgemma --out runs/medgemma`,
    )
    .action((studies: string, options: EndpointCommandOptions) =>
      withInputErrors(context, async () => {
        const { runEndpoint } = await import('./baseline-run.js');
        await runEndpoint(studies, options, context);
      }),
    );
}

/** `crrg baseline`. */
export function addBaselineCommand(program: Command, context: CommandContext): void {
  const baseline = program.command('baseline').description('what a report model or classifier has to beat');
  addCaptioner(baseline, 'show-and-tell', context);
  addCaptioner(baseline, 'ada-att', context);
  addMajority(baseline, context);
  addRetrieval(baseline, context);
  addEndpoint(baseline, context);
}
