// TradingView's Lightweight Charts, loaded with the first page that has a chart, in this dashboard's colours.

/// The library's global; it's no module.
const library = new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = "/vendor/lightweight-charts.js";
  script.onload = () => resolve(globalThis.LightweightCharts);
  script.onerror = () => reject(new Error("The chart library could not be loaded."));
  document.head.append(script);
});
// Whoever draws a chart says so; until then nobody listens.
library.catch(() => {});

/// A colour of the style sheet; a canvas knows no variables.
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function chartOptions() {
  return {
    autoSize: true,
    layout: {
      background: { type: "solid", color: "transparent" },
      textColor: colour("muted"),
      fontSize: 11,
      fontFamily: getComputedStyle(document.body).fontFamily,
    },
    grid: { vertLines: { color: colour("grid") }, horzLines: { color: colour("grid") } },
    rightPriceScale: { borderColor: colour("line") },
    timeScale: { borderColor: colour("line"), timeVisible: true, secondsVisible: false },
    crosshair: {
      mode: 0,
      vertLine: { color: colour("faint"), labelBackgroundColor: colour("raised") },
      horzLine: { color: colour("faint"), labelBackgroundColor: colour("raised") },
    },
    handleScroll: { vertTouchDrag: false },
    localization: { locale: "en-GB" },
  };
}

/// A widget (core/view.js) around a chart: `make(chart)` gives what draws a value; made anew with another theme.
export function chartWidget(make) {
  return (element) => {
    let chart = null;
    let show = null;
    let value;
    const build = async () => {
      const { createChart } = await library;
      if (!element.isConnected) return;
      chart?.remove();
      chart = createChart(element, chartOptions());
      show = make(chart);
      show(value);
    };
    const rebuild = () => chart && build();
    addEventListener("themechange", rebuild);
    queueMicrotask(() => build().catch((error) => { element.textContent = error.message; }));
    return {
      update(news) {
        if (news === value) return;
        value = news;
        show?.(value);
      },
      unmount() {
        removeEventListener("themechange", rebuild);
        chart?.remove();
        chart = null;
        show = null;
      },
    };
  };
}
