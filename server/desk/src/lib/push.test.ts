import { expect, test } from "vitest";
import { browserName, bytes } from "./push";

test("a browser is named by what it is and where it runs", () => {
  const linux = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
  expect(browserName(linux)).toBe("Firefox, Linux");
  const edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0";
  expect(browserName(edge)).toBe("Edge, Windows");
  const phone = "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36";
  expect(browserName(phone)).toBe("Chrome, Android");
  expect(browserName("?")).toBe("Navigateur");
});

test("the server's key is read from base64url", () => {
  expect([...bytes("-_8A")]).toEqual([251, 255, 0]);
});
