const quoted = (value: string | number): string => {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** A line of a CSV file, line end included. */
export const csvLine = (cells: readonly (string | number)[]): string => `${cells.map(quoted).join(',')}\n`;
