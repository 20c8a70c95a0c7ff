// Stay close to what is live: a little faster when behind, a jump when far behind, and over gaps.

const CALM_S = 0.6; // so much buffer is enough
const BEHIND_S = 1.2; // with more, it is played faster
const FAR_S = 4; // with more, it is jumped
const FASTER = 1.1;

export function rangeAt(video) {
  const { buffered, currentTime } = video;
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i)) {
      return { end: buffered.end(i), isLast: i === buffered.length - 1 };
    }
  }
  return null;
}

export function keepUp(video) {
  const { buffered } = video;
  const range = rangeAt(video);
  // Where it is to be can have been let go before the browser got there.
  if (!buffered.length || video.paused || (video.seeking && range)) {
    return;
  }
  const last = buffered.length - 1;
  const left = range ? range.end - video.currentTime : 0;
  if (!range || (!range.isLast && left < 0.1)) { // before the first, or at a gap
    video.currentTime = Math.max(buffered.start(last), buffered.end(last) - BEHIND_S);
  } else if (buffered.end(last) - video.currentTime > FAR_S) {
    video.currentTime = buffered.end(last) - CALM_S;
  } else if (left > BEHIND_S) {
    video.playbackRate = FASTER;
  } else if (left < CALM_S) {
    video.playbackRate = 1;
  }
}
