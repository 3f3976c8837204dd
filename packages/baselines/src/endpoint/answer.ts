/** What a service said of a film. */
export interface Answer {
  /** Empty where it refused or said nothing. */
  readonly text: string;
  /** `refused`: it declined; `empty`: it said nothing; `cut`: the limit of tokens ended it. */
  readonly outcome: 'whole' | 'cut' | 'refused' | 'empty';
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Beginnings with which services decline in words, rather than in the field for it. */
const REFUSAL =
  /^(i['’]?m (very |really )?sorry|i am sorry|sorry|i (can('|’)?t|cannot|can not|am unable|am not able)|i['’]m (unable|not able))\b/i;

/** A text, or the texts of a list of parts. */
function contentOf(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (content === null || content === undefined) return '';
  if (!Array.isArray(content)) return undefined;
  return content
    .map((part) => (isFields(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('');
}

/** The answer in the body of a chat completion; undefined where the body is none. */
export function parseAnswer(body: string): Answer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  const choices = isFields(value) ? value['choices'] : undefined;
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const message = isFields(choice) ? choice['message'] : undefined;
  if (!isFields(choice) || !isFields(message)) return undefined;
  const text = contentOf(message['content'])?.trim();
  if (text === undefined) return undefined;
  const reason = choice['finish_reason'];
  const declines = typeof message['refusal'] === 'string' && message['refusal'] !== '';
  if (declines || reason === 'content_filter' || REFUSAL.test(text)) return { text: '', outcome: 'refused' };
  if (text === '') return { text, outcome: 'empty' };
  return { text, outcome: reason === 'length' ? 'cut' : 'whole' };
}

/** The short code of an error in a body, such as `insufficient_quota`; undefined where there is none. Free text of a service is not repeated. */
export function errorCodeOf(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    const error = isFields(value) ? value['error'] : undefined;
    const codes = isFields(error) ? [error['code'], error['type']] : [];
    return codes.find((code): code is string => typeof code === 'string' && /^[\w.-]{1,60}$/.test(code));
  } catch {
    return undefined;
  }
}
