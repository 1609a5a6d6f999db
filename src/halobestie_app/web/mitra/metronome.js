// Ticks once a second, also while the page is hidden: browsers slow down the timers of hidden pages, not
// those of workers. Does nothing else.

setInterval(() => postMessage(null), 1000);
