package release_test

const victimURL = "RELEASE_VICTIM_URL"

func victim() {}
