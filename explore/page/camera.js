// The camera: a picture at a time, the next when the device has answered.

import { post } from "./api.js";
import { h } from "./dom.js";
import { where } from "./state.js";

const longest = 320; // pixels of what is sent: nets look at less, and links may be slow

/** {button, stage, running, stop}; answered gets each answer. */
export function camera({ error, answered, stopped }) {
  const video = h("video", { muted: true, playsinline: true, "aria-label": "the camera" }), rate = h("p", { class: "faint" });
  const stage = h("div", { class: "camera", hidden: true }, video, rate), canvas = h("canvas");
  const button = h("button", { type: "button", "aria-pressed": "false", onclick: () => (stream ? stop() : start()) }, "Camera");
  let stream = null;

  async function start() {
    try {
      if (!navigator.mediaDevices) throw new Error("the browser gives no camera to this address: open the page at 127.0.0.1 or localhost");
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
    } catch (e) {
      error.say(new Error(`no camera: ${e.message}`));
      return;
    }
    error.say(null);
    video.srcObject = stream;
    await video.play();
    stage.hidden = false;
    button.setAttribute("aria-pressed", "true");
    stopped();
    watch(stream);
  }

  function stop() {
    if (!stream) return;
    for (const track of stream.getTracks()) track.stop();
    stream = video.srcObject = null;
    stage.hidden = true;
    button.setAttribute("aria-pressed", "false");
    stopped();
  }

  async function watch(mine) {
    let begin = performance.now(), smooth = 0;
    while (stream === mine) {
      const reduce = Math.min(1, longest / Math.max(video.videoWidth, video.videoHeight));
      canvas.width = video.videoWidth * reduce;
      canvas.height = video.videoHeight * reduce;
      canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
      try {
        const body = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
        const answer = await post("frame", { ...where(), top: 5 }, body);
        if (stream === mine) answered(answer);
      } catch (e) {
        stop();
        error.say(e);
        return;
      }
      const now = performance.now();
      smooth = smooth ? 0.8 * smooth + 0.2 * (now - begin) : now - begin;
      begin = now;
      rate.textContent = `${(1000 / smooth).toFixed(1)} pictures a second`;
      await new Promise(requestAnimationFrame);
    }
  }
  return { button, stage, stop, running: () => stream !== null };
}
