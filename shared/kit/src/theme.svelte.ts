/** Light, dark, or what the system says. */
export type Theme = "system" | "light" | "dark";

const KEY = "releve.theme";

function read(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

let current = $state<Theme>(read());
apply(current);

function apply(theme: Theme): void {
  if (typeof document === "undefined") return;
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** The theme chosen. */
export function theme(): Theme {
  return current;
}

/** Chooses a theme, and remembers it. */
export function setTheme(next: Theme): void {
  current = next;
  apply(next);
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // shown all the same, only not remembered
  }
}
