import { describe, expect, it } from "vitest";
import { readHash, writeHash } from "./hash";

describe("the address of a screen", () => {
  it("carries the filters there and back, hostile text included", () => {
    const query = { q: `"><script>&=?#%`, filter: "to_check", day: "2026-11-23" };
    expect(readHash(writeHash("board", "", query))).toEqual({ screen: "board", id: "", query });
  });

  it("names a record", () => {
    expect(readHash(writeHash("clients", "0190/é?"))).toEqual({ screen: "clients", id: "0190/é?", query: {} });
  });

  it("leaves out what is empty", () => {
    expect(writeHash("phones", "", { q: "", sort: undefined })).toBe("#/phones");
  });

  it("opens the board first, and says when a screen is unknown", () => {
    expect(readHash("").screen).toBe("board");
    expect(readHash("#/").screen).toBe("board");
    expect(readHash("#/nowhere").screen).toBe("unknown");
    expect(readHash("#/clients/%E0%A4%A").id).toBe("");
  });
});
