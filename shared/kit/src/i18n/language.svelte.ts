/** The languages of the screens; French is the default. */
export const LANGUAGES = ["fr", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

const KEY = "releve.language";

export function isLanguage(text: unknown): text is Language {
  return LANGUAGES.some((language) => language === text);
}

/** What the worker chose before, else the first language of the browser that we speak, else French. */
export function firstLanguage(kept: string | null, wished: readonly string[]): Language {
  if (isLanguage(kept)) return kept;
  for (const tag of wished) {
    const language = tag.toLowerCase().split("-")[0];
    if (isLanguage(language)) return language;
  }
  return "fr";
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage may be forbidden
  }
}

function begin(): Language {
  if (typeof navigator === "undefined") return "fr";
  return firstLanguage(read(), navigator.languages ?? [navigator.language]);
}

let current = $state<Language>(begin());

if (typeof document !== "undefined") document.documentElement.lang = begin();

/** The language shown now; reading it in a component makes the component follow it. */
export function language(): Language {
  return current;
}

/** Shows another language, and remembers it. */
export function setLanguage(next: Language): void {
  current = next;
  document.documentElement.lang = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // shown all the same, only not remembered
  }
}

/**
 * The texts of a package in both languages. English is typed by French, so a text that is missing
 * in one of them is an error of type. In a component: `t().visit.title`.
 */
export function texts<T>(fr: T, en: T): () => T {
  return () => (current === "fr" ? fr : en);
}

const rules: Record<Language, Intl.PluralRules> = {
  fr: new Intl.PluralRules("fr"),
  en: new Intl.PluralRules("en"),
};
// Making one takes longer than writing a hundred numbers with it.
const numbers: Record<Language, Intl.NumberFormat> = {
  fr: new Intl.NumberFormat("fr"),
  en: new Intl.NumberFormat("en"),
};

/** One form per plural category of the language; `#` is the number. */
export type Forms = { zero?: string; one: string; many?: string; other: string };

/** Chooses the form for `n` by the rules of `language` and puts the number in. */
export function plural(language: Language, n: number, forms: Forms): string {
  const category = rules[language].select(n);
  const form =
    (n === 0 ? forms.zero : undefined) ??
    (category === "one" ? forms.one : category === "many" ? forms.many : undefined) ??
    forms.other;
  return form.replaceAll("#", numbers[language].format(n));
}
