// The components of all three apps. Each takes `testid` (data-testid), and passes other attributes on.

export { Button } from "common/ui/button.js";
export { Field, Select, Switch } from "common/ui/field.js";
export { Empty, Notice, Problem, Skeleton } from "common/ui/notice.js";
export { Dialog } from "common/ui/dialog.js";
export { Countdown } from "common/ui/countdown.js";
export { OfflineBar, Toasts, toast } from "common/ui/toasts.js";
export { Page, Preferences } from "common/ui/page.js";
export { Pager, Table } from "common/ui/table.js";
export { Icon } from "common/ui/icon.js";
