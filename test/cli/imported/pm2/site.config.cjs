// Ports and folders from the shell; a framework's program run by node; a deployment.
const path = require("node:path");

const webPort = process.env.SITE_WEB_PORT || "3000";
const appRoot = path.resolve(process.env.SITE_ROOT || "/var/www/site/current");

module.exports = {
  apps: [
    {
      name: "site-web",
      cwd: appRoot,
      script: "./node_modules/next/dist/bin/next",
      args: `start --hostname 127.0.0.1 --port ${webPort}`,
      interpreter: "node",
      instances: 1,
      exec_mode: "fork",
      min_uptime: "10s",
      max_restarts: 10,
      restart_delay: 2_000,
      kill_timeout: 30_000,
      max_memory_restart: "1G",
      time: true,
      env_production: { NODE_ENV: "production", PORT: webPort, TOKEN: process.env.SITE_TOKEN },
    },
    {
      name: "site-api",
      cwd: path.join(appRoot, "backend"),
      script: "./dist/server.js",
      node_args: "--enable-source-maps --max-old-space-size=512",
      exp_backoff_restart_delay: 100,
      env: { NODE_ENV: "production", PORT: "4000", TOKEN: process.env.SITE_TOKEN },
    },
  ],
  deploy: { production: { user: "deploy", host: ["web.example"], ref: "origin/main", path: "/var/www/site" } },
};
