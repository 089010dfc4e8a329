/** Without accents and capitals. */
export function plain(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{Diacritic}/gu, "").toLowerCase();
}

/** Whether every word of `wanted` is somewhere in `text`, accents and capitals aside. */
export function matches(text: string, wanted: string): boolean {
  const where = plain(text);
  return plain(wanted)
    .split(/\s+/)
    .every((word) => where.includes(word));
}
