/** Test encoders and players against trio-srs: see README.md. */

export {
  ExpectationError,
  FaultNotTakenError,
  LeftBehindError,
  NoAnswerError,
  NotInTimeError,
  RefusedError,
  ServerEndedError,
} from "./errors.js";
export { Fault } from "./fault.js";
export { Publisher } from "./publisher.js";
export { attach, Namespace, Server } from "./server.js";
export { ServerProcess, startServer } from "./server_process.js";
