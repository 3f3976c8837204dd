/** Why a package cannot be published yet, one line each. */
export function publishProblems(folder: string): string[];
