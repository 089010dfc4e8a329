/** Longest side sent to the core: more pixels read no better and cost time. */
const LONGEST = 2000;
/** A picture this small goes as it is. */
const SMALL = 3_000_000;

function jpeg(canvas: HTMLCanvasElement): Promise<Blob | null> {
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
}

/** What the camera shows now; null while it shows nothing. */
export async function frame(video: HTMLVideoElement): Promise<Blob | null> {
  const { videoWidth: width, videoHeight: height } = video;
  if (!width || !height) return null;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return jpeg(canvas);
}

/**
 * A picture as PNG or JPEG of a size that the core takes. What this page cannot open goes as it is:
 * the core says what is wrong with it.
 */
export async function shrunk(picture: Blob, longest = LONGEST, small = SMALL): Promise<Blob> {
  const known = picture.type === "image/png" || picture.type === "image/jpeg";
  if (known && picture.size <= small) return picture;
  try {
    const image = await createImageBitmap(picture);
    const scale = Math.min(1, longest / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    return (await jpeg(canvas)) ?? picture;
  } catch {
    return picture;
  }
}

/** The bytes of a picture as text, for the core's door. */
export async function inBase64(picture: Blob): Promise<string> {
  const bytes = new Uint8Array(await picture.arrayBuffer());
  let text = "";
  // In slices: the arguments of one call are limited.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
