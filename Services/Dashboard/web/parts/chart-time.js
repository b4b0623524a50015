// Times as the chart library counts them: whole seconds.

/// The library draws times as UTC: local time is given to it as if it were UTC.
export function chartTime(milliseconds) {
  return Math.floor(milliseconds / 1000) - new Date(milliseconds).getTimezoneOffset() * 60;
}

/// The bar that a moment falls in; null before the first.
export function barOf(times, time) {
  let low = 0;
  let high = times.length - 1;
  if (high < 0 || time < times[0]) return null;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (times[middle] <= time) low = middle;
    else high = middle - 1;
  }
  return times[low];
}
