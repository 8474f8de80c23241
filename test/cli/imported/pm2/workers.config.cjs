// Several workers of one queue, made by a map; a cluster on ports that count up.
const queues = ["mail", "thumbnails"];

module.exports = [
  {
    name: "api",
    script: "api.js",
    instances: 4,
    exec_mode: "cluster",
    increment_var: "PORT",
    env: { PORT: 8000, NODE_ENV: "production" },
    stop_exit_codes: [0, 143],
    treekill: false,
    source_map_support: true,
  },
  ...queues.map((queue) => ({
    name: `worker:${queue}`,
    script: "worker.js",
    args: ["--queue", queue],
    namespace: "workers",
    out_file: "/dev/null",
    error_file: "/dev/null",
  })),
];
