// Express 4 under a name of its own. What the adapter uses is the same in both, so that the types of 5 do for it.
declare module 'express4' {
  import express from 'express';
  export default express;
}
