import { describe, expect, it } from "vitest";
import kernel from "../../../src/refusal.rs?raw";
import { firstLanguage, language, plural, setLanguage } from "./language.svelte.ts";
import * as refusals from "./refusals.ts";
import * as kit from "./texts.ts";

/** Every path to a text, with the kind of thing found there. */
function paths(value: unknown, at = ""): string[] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => paths(inner, `${at}.${key}`));
  }
  return [`${at}: ${typeof value}`];
}

describe("texts", () => {
  it("have the same keys in French and English, and none is empty", () => {
    expect(paths(kit.en)).toEqual(paths(kit.fr));
    expect(paths(refusals.en)).toEqual(paths(refusals.fr));
    for (const set of [refusals.fr, refusals.en]) {
      for (const [code, sentence] of Object.entries(set)) {
        expect(sentence.trim().length, code).toBeGreaterThan(10);
      }
    }
  });

  it("have a sentence for each refusal of the kernel", () => {
    const codes = [...kernel.matchAll(/^\s+[A-Z]\w+ = "(\w+)",$/gm)].map((match) => match[1]);
    expect(codes.length).toBeGreaterThan(40);
    expect(Object.keys(refusals.fr).sort()).toEqual(codes.sort());
  });

  it("say a code of a newer peer as it is", () => {
    setLanguage("fr");
    expect(refusals.refusalText("of_tomorrow")).toContain("of_tomorrow");
    expect(refusals.refusalText("toString")).toContain("toString");
  });
});

describe("language", () => {
  it("is the one chosen, else the browser's, else French", () => {
    expect(firstLanguage("en", ["fr-FR"])).toBe("en");
    expect(firstLanguage(null, ["de-DE", "en-US", "fr"])).toBe("en");
    expect(firstLanguage(null, ["de", "es"])).toBe("fr");
    expect(firstLanguage("klingon", [])).toBe("fr");
  });

  it("is remembered and told to the page", () => {
    setLanguage("en");
    expect([language(), localStorage.getItem("releve.language"), document.documentElement.lang]).toEqual([
      "en", "en", "en",
    ]);
    setLanguage("fr");
  });

  it("counts as the language does: none is singular in French only", () => {
    const forms = { one: "# acte", other: "# actes" };
    expect([0, 1, 2].map((n) => plural("fr", n, forms))).toEqual(["0 acte", "1 acte", "2 actes"]);
    expect(plural("en", 0, { one: "# act", other: "# acts" })).toBe("0 acts");
    expect(plural("fr", 0, { zero: "Aucun acte", one: "", other: "" })).toBe("Aucun acte");
  });
});
