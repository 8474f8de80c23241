// A backend and a frontend in cluster mode, with environments and logs for each.
module.exports = {
  apps: [
    {
      name: "poker-backend",
      cwd: "./backend",
      script: "./dist/main.js",
      instances: 1, // "max" for all cores
      exec_mode: "cluster",
      watch: false,
      autorestart: true,
      max_restarts: 10,
      min_uptime: "10s",
      max_memory_restart: "500M",
      error_file: "./logs/backend-error.log",
      out_file: "./logs/backend-out.log",
      log_date_format: "YYYY-MM-DD HH:mm:ss Z",
      merge_logs: true,
      env: { NODE_ENV: "development", PORT: 3000, FRONTEND_URL: "http://localhost:3001" },
      env_production: { NODE_ENV: "production", PORT: 3000, FRONTEND_URL: "https://poker.example" },
    },
    {
      name: "poker-frontend",
      cwd: "./frontend",
      script: ".output/server/index.mjs",
      instances: "max",
      exec_mode: "cluster",
      listen_timeout: 10000,
      kill_timeout: 5000,
      wait_ready: true,
      env: { NODE_ENV: "production", NITRO_PORT: 3001 },
    },
  ],
};
