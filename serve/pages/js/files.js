// What a file is before it is sent: a photo or a clip, and how long the clip lasts.

const CLIP_NAMES = /\.(mp4|m4v|mov|webm)$/i;
const PATIENCE_MS = 4_000;

const lengths = new WeakMap(); // file -> seconds

/** Whether a file says that it is a clip; phones name types, other systems only names. */
export const isClip = ({ type, name }) => (type ? type.startsWith("video/") : CLIP_NAMES.test(name));

/** How long a clip lasts; null where this browser cannot tell, or where nobody has measured it. */
export const secondsOf = (file) => lengths.get(file) ?? null;

/** Find out how long the clips among some files last. A browser that cannot read one leaves that to the server. */
export async function measure(files) {
  await Promise.all(files.filter(isClip).map(measureOne));
}

async function measureOne(file) {
  const url = URL.createObjectURL(file);
  const video = document.createElement("video");
  try {
    const seconds = await new Promise((resolve, reject) => {
      video.preload = "metadata";
      video.onloadedmetadata = () => resolve(video.duration);
      video.onerror = () => reject(new Error("not playable here"));
      setTimeout(() => reject(new Error("too slow")), PATIENCE_MS);
      video.src = url;
    });
    if (Number.isFinite(seconds)) lengths.set(file, seconds); // of a clip that is still being written nobody knows
  } catch {
    lengths.delete(file);
  } finally {
    video.removeAttribute("src");
    URL.revokeObjectURL(url);
  }
}
