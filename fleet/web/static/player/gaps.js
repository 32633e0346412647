// What is missing in a recording: shown on the seek bar, and passed over where nothing is left.

/** Stretches [start, end) in which every one of `tracks` has nothing. Pure. */
export function emptyStretches(marks, tracks) {
  const gaps = (track) => marks.filter((mark) => mark.track === track).map((mark) => [mark.at, mark.at + mark.lasted]);
  const meet = (ours, theirs) =>
    ours.flatMap(([start, end]) =>
      theirs
        .map(([from, to]) => [Math.max(start, from), Math.min(end, to)])
        .filter(([from, to]) => to - from > 0.5),
    );
  return tracks.map(gaps).reduce(meet);
}

/** Put the marks onto the bar; `duration` is the lesson's, in seconds. */
export function show(bar, marks, duration) {
  for (const mark of marks) {
    const tick = document.createElement("span");
    tick.className = mark.track ? "gap" : "gap cut";
    tick.title = mark.text;
    tick.style.left = `${(100 * mark.at) / duration}%`;
    if (mark.track) tick.style.width = `${(100 * mark.lasted) / duration}%`;
    bar.append(tick);
  }
}

/** Pass over what is empty while the ensemble plays. */
export function skip(ensemble, stretches) {
  if (!stretches.length) return;
  ensemble.addEventListener("change", () => {
    const now = ensemble.leader.currentTime;
    const inside = stretches.find(([start, end]) => now >= start && now < end - 0.3);
    if (ensemble.wanted && inside) ensemble.seek(inside[1]);
  });
}
