// A line for the shell as the script.
module.exports = {
  apps: [
    {
      name: "Game Server",
      script: "nodemon ./server.ts",
      instances: 1,
      autorestart: true,
      watch: false,
      max_memory_restart: "1G",
    },
    {
      name: "bot",
      script: "./bot/index.ts",
      interpreter: "node",
      watch: ["bot"],
      ignore_watch: ["node_modules", "logs"],
    },
  ],
};
