/** What Lucide's file of one icon holds: its drawing, as a literal. */
const DRAWING = /const iconData = (\{.*\});/;

/**
 * Svelte preprocessor: an icon of Lucide as the plain markup that it is. Its own component makes each
 * path from a list when it is shown, which cost a third of a screen's script. It takes `size` and
 * `strokeWidth`; an icon is never read aloud, the word beside it is.
 */
export function drawnIcons() {
  return {
    name: "drawn-icons",
    markup({ content, filename = "" }) {
      if (!/@lucide\/svelte\/dist\/icons\/[\w-]+\.svelte$/.test(filename)) return;
      const found = DRAWING.exec(content)?.[1];
      if (found === undefined) throw new Error(`${filename}: no drawing found; has Lucide changed its files?`);
      return { code: markup(JSON.parse(found)) };
    },
  };
}

/** @param {{ name: string, aliases?: string[], size: number, node: [string, Record<string, string>][] }} icon */
function markup({ name, aliases = [], size, node }) {
  const attributes = (/** @type {Record<string, string>} */ all) =>
    Object.entries(all).map(([key, value]) => ` ${key}="${value}"`).join("");
  const shapes = node.map(([tag, all]) => `<${tag}${attributes(all)} />`).join("");
  const classes = ["lucide", ...[name, ...aliases].map((one) => `lucide-${one}`), "lucide-icon"].join(" ");
  const stroke = 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"';
  return `<script>let { size = 24, strokeWidth = 2 } = $props();</script>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" ${stroke} aria-hidden="true" width={size} height={size} stroke-width={strokeWidth} class="${classes}">${shapes}</svg>`;
}
