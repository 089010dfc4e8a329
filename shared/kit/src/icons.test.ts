import Check from "@lucide/svelte/icons/check";
import TriangleAlert from "@lucide/svelte/icons/triangle-alert";
import { cleanup, render } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";
import { drawnIcons } from "../icons.js";

afterEach(cleanup);

describe("an icon", () => {
  it("is what Lucide draws, and is not read aloud", () => {
    const { container } = render(TriangleAlert, { size: 18 });
    const svg = container.querySelector("svg")!;
    expect(svg.namespaceURI).toBe("http://www.w3.org/2000/svg");
    expect([...svg.attributes].map(({ name, value }) => `${name}=${value}`).sort()).toEqual([
      "aria-hidden=true", "class=lucide lucide-triangle-alert lucide-alert-triangle lucide-icon", "fill=none", "height=18",
      "stroke-linecap=round", "stroke-linejoin=round", "stroke-width=2", "stroke=currentColor", "viewBox=0 0 24 24",
      "width=18", "xmlns=http://www.w3.org/2000/svg",
    ]);
    const shapes = [...svg.children].map((one) => [one.tagName, one.getAttribute("d")]);
    expect(shapes).toEqual([
      ["path", "m21.73 18-8-14a2 2 0 0 0-3.48 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.73-3"],
      ["path", "M12 9v4"],
      ["path", "M12 17h.01"],
    ]);
  });

  it("takes its size and stroke, also when they change", async () => {
    const { container, rerender } = render(Check, { size: 15, strokeWidth: 3 });
    const svg = container.querySelector("svg")!;
    expect([svg.getAttribute("width"), svg.getAttribute("stroke-width")]).toEqual(["15", "3"]);
    await rerender({ size: 30, strokeWidth: 3 });
    expect([svg.getAttribute("width"), svg.getAttribute("height")]).toEqual(["30", "30"]);
  });

  it("in a file that is no longer as known is refused when the page is built", () => {
    const filename = "/x/node_modules/@lucide/svelte/dist/icons/check.svelte";
    const { markup } = drawnIcons();
    expect(() => markup!({ content: "<svg></svg>", filename })).toThrow(/no drawing found/);
    expect(markup!({ content: "<svg></svg>", filename: "/x/src/Check.svelte" })).toBeUndefined();
  });
});
