// cli: imports core, contracts, x509, ca, audit, revocation and stores.

/** The call is not one that there is: answered with the usage and exit code 2. Nothing was done. */
export class Misuse extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Misuse';
  }
}
