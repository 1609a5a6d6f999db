// The one caller of HTTP of all pages. The refresh token stays in a cookie that no script sees.

import { createApi } from "common/api.js";

export const api = createApi({
  base: "",
  client: null,
  refresh: "/internal/auth/refresh",
  logout: "/internal/auth/logout",
  name: "control-center",
});
