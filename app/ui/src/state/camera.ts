import type { Capable } from "@releve/types";

/** Whether a code can be scanned here. Nothing is switched on for the answer. */
export async function cameraAble(): Promise<Capable> {
  const media = navigator.mediaDevices as MediaDevices | undefined;
  if (!media?.getUserMedia) return "no";
  try {
    const devices = await media.enumerateDevices();
    if (!devices.some((device) => device.kind === "videoinput")) return "no";
    const right = await navigator.permissions.query({ name: "camera" as PermissionName });
    return right.state === "granted" ? "yes" : right.state === "denied" ? "off" : "unknown";
  } catch {
    // Some systems tell nothing before the camera is used.
    return "unknown";
  }
}
