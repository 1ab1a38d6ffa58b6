// A metronome: timers of hidden tabs are slowed to one a minute, those of workers are not.
setInterval(() => postMessage("beat"), 8000);
