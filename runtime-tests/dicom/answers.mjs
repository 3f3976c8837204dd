/** What a pipeline says of each film: hash of the pixels, text, and probability of the classifier; or the refusal. */
export async function answersOf(pipeline, names, bytesOf) {
  const answers = [];
  for (const name of names) {
    const answer = await pipeline.generateReport(await bytesOf(name), { numBeams: 1, classify: true }).then(
      ({ input, text, classification }) => ({
        name,
        pixelSha256: input.dicom.pixelSha256,
        text,
        probability: classification[0].probability,
      }),
      (error) => ({ name, refusal: error.message }),
    );
    answers.push(answer);
  }
  return answers;
}
