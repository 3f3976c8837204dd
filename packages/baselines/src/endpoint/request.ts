/** The question that goes with every film. */
export const DEFAULT_PROMPT =
  'You are given one frontal chest radiograph. Write only the findings section of its radiology report, as a radiologist would: plain sentences in one paragraph, no heading, no list, no impression, no advice and no comment on yourself.';

/** What is asked about one film. */
export interface Question {
  readonly model: string;
  readonly prompt: string;
  readonly maxTokens: number;
  /** PNG file of the picture. */
  readonly png: Uint8Array;
}

/** The body of a request for a chat completion, with one image as a data address. */
export function chatRequest({ model, prompt, maxTokens, png }: Question): string {
  const url = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  return JSON.stringify({
    model,
    max_tokens: maxTokens,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: prompt },
          { type: 'image_url', image_url: { url } },
        ],
      },
    ],
  });
}
