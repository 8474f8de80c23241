// The thread of 11-worker.ts: counts primes, sends heartbeats, and gets stuck on demand.

import { parentPort, workerData } from "node:worker_threads";

parentPort.on("message", (message) => {
  if (message === "stop") process.exit();
  if (message === "hang") for (;;);
  parentPort.postMessage({ primes: countPrimes(message.below), by: workerData.name });
});
setInterval(() => parentPort.postMessage("heartbeat"), 20);
parentPort.postMessage("ready");

function countPrimes(below) {
  let count = 0;
  for (let n = 2; n < below; n++) {
    let isPrime = true;
    for (let divisor = 2; isPrime && divisor * divisor <= n; divisor++) isPrime = n % divisor !== 0;
    if (isPrime) count++;
  }
  return count;
}
